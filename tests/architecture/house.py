"""The import contract of the house: one list of layers in which every module has its place."""

from grimp import ImportGraph
from importlinter import ContractCheck
from importlinter.contracts.layers import LayersContract


def homeless(*, graph: ImportGraph, roots: list[str], places: set[str]) -> set[str]:
    """The modules that neither have a place nor stand within one.

    A package above places (an app, or `config.api`) is only walls: nobody reaches through its `__init__`.
    """
    found: set[str] = set()
    open_packages = list(roots)
    while open_packages:
        package = open_packages.pop()
        imports = graph.find_modules_directly_imported_by(package)
        if imports and graph.find_modules_that_directly_import(package):
            found.add(package)
        for child in graph.find_children(package) - places:
            if any(place.startswith(f"{child}.") for place in places):
                open_packages.append(child)
            else:
                found.add(child)
    return found


class HouseContract(LayersContract):
    """Layers over several root packages, exhaustive: a module without a place breaks the contract."""

    type_name = "house"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Broken by an import upwards or by a module without a place."""
        check = super().check(graph, verbose)
        places = {tail.name for tail in self.all_module_tails}
        strays = homeless(graph=graph, roots=self.session_options["root_packages"], places=places)
        check.metadata["undeclared_modules"] |= strays
        check.kept = check.kept and not strays
        return check
