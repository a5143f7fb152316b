"""Do last layer, loss and metric of the model fit each other, and the labels?"""

from mirage.doctor.evidence import Bundle
from mirage.doctor.finding import Answer, Found, Sure, examination, item

OF_CLASSES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
MISFITS: dict[tuple[str, str, str], tuple[Sure, str]] = {
    # units, activation, loss -> how sure, and what comes of it; `*` stands for any
    ("one", "softmax", "*"): ("certain", "A softmax over one unit says 1 for every row."),
    ("one", "*", "categorical_crossentropy"): ("certain", "This loss is 0 for every row of one column."),
    ("one", "*", "sparse_categorical_crossentropy"): ("certain", "This loss knows one class only, the first."),
    ("several", "softmax", "binary_crossentropy"): (
        "likely", "This loss takes every class for a question of its own, and the scores of a row must sum to 1."),
    ("several", "sigmoid", "categorical_crossentropy"): ("likely", "These scores of a row need not sum to 1."),
    ("several", "sigmoid", "sparse_categorical_crossentropy"): ("likely", "These scores of a row need not sum to 1."),
    ("*", "relu", "*"): ("likely", "This activation makes no score below 0, and no probability either."),
}  # fmt: skip


@examination(
    "output-loss-mismatch",
    needs=("model",),
    tell_apart="double-softmax: layer and loss fit, and an activation is applied once more elsewhere.",
    advice=(
        "Two classes: one unit, sigmoid, binary_crossentropy. Several: one unit each, softmax, "
        "(sparse_)categorical_crossentropy. Without an activation: the same loss with from_logits=True."
    ),
    pairs=False,
)
def output_loss_mismatch(bundle: Bundle) -> Answer:
    """An output that its loss cannot train, or that the loss takes for something else."""
    one = bundle.model
    assert one is not None
    if one.loss is None or one.units is None:
        return None
    about = (
        item("units", one.units, f"The output has {{}} unit{'s' * (one.units > 1)}"),
        item("activation", one.activation or "linear", "with activation {},"),
        item("loss", one.loss, f"and the loss is {{}}{' of logits' * one.from_logits}."),
    )
    size = "one" if one.units == 1 else "several"
    for (units, activation, loss), (sure, said) in MISFITS.items():
        fits = units in (size, "*") and activation in (one.activation, "*") and loss in (one.loss, "*")
        if fits and (loss != "*" or activation == "softmax" or one.loss in (*OF_CLASSES, "binary_crossentropy")):
            return Found(sure, (*about, item("why", None, said)))
    needs_logits = one.loss in (*OF_CLASSES, "binary_crossentropy")
    if needs_logits and one.activation in (None, "linear") and not one.from_logits:
        said = "Without an activation scores are logits, which this loss takes for probabilities."
        return Found("certain", (*about, item("why", None, said)))
    if needs_logits and one.activation in ("softmax", "sigmoid") and one.from_logits:
        said = "The loss would apply the activation a second time; Keras undoes it with TensorFlow, not with JAX."
        return Found("possible" if one.backend != "jax" else "certain", (*about, item("why", None, said)))
    return None
