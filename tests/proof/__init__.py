"""What is promised, tried: faults, repeats, disorder. Short forms run always, full ones under `-m proof`."""
