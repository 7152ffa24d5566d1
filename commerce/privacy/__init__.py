"""What is kept of one person: taken out for that person, or erased so that nobody is recognised."""

from commerce.privacy.erasing import Erased, erase_person
from commerce.privacy.exporting import export_person
from commerce.privacy.persons import Name, NoPerson

__all__ = ["Erased", "Name", "NoPerson", "erase_person", "export_person"]
