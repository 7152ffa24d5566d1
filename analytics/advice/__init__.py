"""What to do next: learnt from past sessions, never more certain than they allow."""
