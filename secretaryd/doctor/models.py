"""Checks of the models. PURE."""

from typing import Final

from secretaryd.doctor.check import Check, Level, Outcome, Skipped, Well, Words, Wrong
from secretaryd.doctor.facts import Facts, Model

SHOWN: Final = 3


def _model(facts: Facts, setting: str) -> Outcome:
    model = next((each for each in facts.models if each.setting == setting), None)
    if model is None or not model.value:
        return Skipped("not configured")
    return Wrong(model.trouble) if model.trouble else Well(model.value)


def model_recogniser(facts: Facts) -> Outcome:
    """The recogniser's files."""
    return _model(facts, "stt.model")


def model_voice(facts: Facts) -> Outcome:
    """The voice's files."""
    return _model(facts, "tts.voice")


def model_chat(facts: Facts) -> Outcome:
    """The language model's file."""
    return _model(facts, "llm.model")


def models_checksums(facts: Facts) -> Outcome:
    """Every byte as it was published."""
    looked = [model for model in facts.models if model.faults is not None]
    if not looked:
        return Skipped("with --full" if any(_installed(model) for model in facts.models) else "not configured")
    faults = [f"{model.value}: {fault}" for model in looked for fault in model.faults or ()]
    return Wrong("; ".join(faults[:SHOWN])) if faults else Well()


def _installed(model: Model) -> bool:
    return bool(model.value) and not model.starter and "/" not in model.value


def models_starter(facts: Facts) -> Outcome:
    """The bundled ones are for trying."""
    names = [model.setting for model in facts.models if model.starter]
    return Wrong(", ".join(names)) if names else Well()


E, W = Level.ERROR, Level.WARNING
CHECKS: Final = (
    Check(
        "model.recogniser",
        E,
        model_recogniser,
        Words("Модель распознавания", "Recogniser"),
        Words(
            "Выбранной модели нет; вместо неё работает учебная.",
            "The configured one is not there; the bundled one stands in.",
        ),
        Words(
            "secretaryctl models list, затем secretaryctl models install",
            "secretaryctl models list, then secretaryctl models install",
        ),
    ),
    Check(
        "model.voice",
        E,
        model_voice,
        Words("Голос", "Voice"),
        Words(
            "Выбранного голоса нет; вместо него работает учебный.",
            "The configured one is not there; the bundled one stands in.",
        ),
        Words(
            "secretaryctl models list, затем secretaryctl models install",
            "secretaryctl models list, then secretaryctl models install",
        ),
    ),
    Check(
        "model.chat",
        E,
        model_chat,
        Words("Языковая модель", "Language model"),
        Words(
            "Выбранной модели нет; ответы только из FAQ и фактов.",
            "The configured one is not there; answers come from FAQ and facts.",
        ),
        Words(
            "secretaryctl models list, затем secretaryctl models install",
            "secretaryctl models list, then secretaryctl models install",
        ),
    ),
    Check(
        "models.checksums",
        E,
        models_checksums,
        Words("Контрольные суммы моделей", "Checksums of the models"),
        Words(
            "Файл модели изменился после установки: карта портится или его правили.",
            "A model's file changed after it was installed: the card fails, or somebody edited it.",
        ),
        Words(
            "Поставьте заново: secretaryctl models install --again", "Install anew: secretaryctl models install --again"
        ),
    ),
    Check(
        "models.starter",
        W,
        models_starter,
        Words("Учебные модели", "Starter models"),
        Words(
            "Работают учебные модели: для пробы, не для клиентов.",
            "The bundled starter models are in use: for trying, not for callers.",
        ),
        Words("secretaryctl models install ru-standard", "secretaryctl models install ru-standard"),
    ),
)
