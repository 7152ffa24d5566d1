"""What is promised, tried: faults, repeats and disorder. Short forms run always, full ones under `-m proof`."""
