"""The graph of a cell: a directed acyclic graph with one operation on every edge."""

from dataclasses import dataclass

from surronas.errors import InputError

NO_OPERATION = "none"


@dataclass(frozen=True)
class Graph:
    """Nodes 0 (input) to ``num_nodes - 1`` (output), and edges ``(source, target, operation)``.

    A node sums what its incoming edges give; the edge operation ``none`` gives nothing.
    """

    num_nodes: int
    edges: tuple[tuple[int, int, str], ...]

    def __post_init__(self) -> None:
        for source, target, operation in self.edges:
            if not 0 <= source < target < self.num_nodes:
                raise InputError(
                    f"edge {source}->{target} ({operation}): expected 0 <= source < target "
                    f"< {self.num_nodes}; number the nodes in topological order"
                )

    def live_edges(self) -> tuple[tuple[int, int, str], ...]:
        """Return the edges on a path from input to output; ``none`` edges are on no path."""
        present = [edge for edge in self.edges if edge[2] != NO_OPERATION]
        from_input = {0}
        for source, target, _ in sorted(present, key=lambda edge: edge[1]):
            if source in from_input:
                from_input.add(target)
        to_output = {self.num_nodes - 1}
        for source, target, _ in sorted(present, key=lambda edge: -edge[0]):
            if target in to_output:
                to_output.add(source)
        return tuple(edge for edge in present if edge[0] in from_input and edge[1] in to_output)
