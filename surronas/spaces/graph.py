"""The graph of an architecture: directed, acyclic, with operations on its edges, or on its nodes."""

from dataclasses import dataclass

from surronas.errors import InputError

NO_OPERATION = "none"
IDENTITY = "skip_connect"  # of the edges of a graph whose operations are on its nodes


@dataclass(frozen=True)
class Graph:
    """Nodes 0 (input) to ``num_nodes - 1`` (output), and edges ``(source, target, operation)``.

    A node sums what its incoming edges give; the edge operation ``none`` gives nothing. Where the
    operations are on the nodes, ``node_operations`` names one for each node and the edges are identities.
    """

    num_nodes: int
    edges: tuple[tuple[int, int, str], ...]
    node_operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.node_operations and len(self.node_operations) != self.num_nodes:
            raise InputError(
                f"expected an operation for each of {self.num_nodes} nodes, got {len(self.node_operations)}"
            )
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
