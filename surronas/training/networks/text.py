"""What networks for texts share: from the features of each position to the logits that a task wants."""

from torch import Tensor, nn

from surronas.training.tasks.base import Signature


def tells_next_token(signature: Signature) -> bool:
    """Return whether the classes at each position are the tokens, so that output and embedding are tied."""
    return signature.each_position and signature.num_classes == signature.vocabulary


def mean_of_text(features: Tensor, tokens: Tensor, padding: int) -> Tensor:
    """Return (n, C), the mean of (n, length, C) features over the positions that are no padding."""
    if padding < 0:
        return features.mean(1)
    there = (tokens != padding).to(features.dtype)[:, :, None]
    return (features * there).sum(1) / there.sum(1).clamp(min=1)


class TextHead(nn.Module):
    """A linear layer for classes that are no tokens: of each position, or of the mean over a text."""

    def __init__(self, features: int, signature: Signature) -> None:
        super().__init__()
        self.each_position, self.padding = signature.each_position, signature.padding
        self.linear = nn.Linear(features, signature.num_classes)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Return (n, length, classes) or (n, classes) logits of (n, length, C) features."""
        if not self.each_position:
            features = mean_of_text(features, tokens, self.padding)
        logits: Tensor = self.linear(features)
        return logits
