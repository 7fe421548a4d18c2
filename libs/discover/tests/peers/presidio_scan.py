"""presidio-analyzer with its pattern recognisers only, on lines of text. Arguments: a file, seconds at most. Prints JSON.

No language model is loaded: the NLP engine is spaCy's blank English tokeniser, so that only patterns, check digits and context words speak.
The answer has the bytes that were looked at in the time, the seconds, and what was found, in bytes of the file: [entity, start, end, score].
A third argument is how many lines are one text (1), or `documents`: then the file is a JSON list of texts, and each finding has the number of
its text in front and its place in characters.
"""

import itertools
import json
import logging
import sys
import time

logging.disable(logging.WARNING)
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer import predefined_recognizers as known


class Blank(SpacyNlpEngine):
    """An engine without a model."""

    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


registry = RecognizerRegistry(supported_languages=["en"])
names = ["CreditCardRecognizer", "EmailRecognizer", "IbanRecognizer", "IpRecognizer", "PhoneRecognizer", "MacAddressRecognizer", "UsSsnRecognizer"]
for name in names:
    if hasattr(known, name):
        registry.add_recognizer(getattr(known, name)(supported_language="en"))
analyzer = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
path, most = sys.argv[1], float(sys.argv[2])
analyzer.analyze("warm up 4111111111111111", language="en")

found = []
how = sys.argv[3] if len(sys.argv) > 3 else "1"
if how == "documents":
    documents = json.load(open(path, encoding="utf-8"))
    begun = time.perf_counter()
    for at, text in enumerate(documents):
        for one in analyzer.analyze(text, language="en"):
            found.append([at, one.entity_type, one.start, one.end, one.score])
    print(json.dumps({"seconds": time.perf_counter() - begun, "found": found}))
    sys.exit()

looked = 0
begun = time.perf_counter()
with open(path, "rb") as lines:
    while some := b"".join(itertools.islice(lines, int(how))):
        text = some.decode("utf-8")
        for one in analyzer.analyze(text, language="en"):
            start = looked + len(text[: one.start].encode())
            found.append([one.entity_type, start, start + len(text[one.start : one.end].encode()), one.score])
        looked += len(some)
        if time.perf_counter() - begun > most:
            break
print(json.dumps({"bytes": looked, "seconds": time.perf_counter() - begun, "found": found}))
