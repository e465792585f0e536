"""The study file: one page of YAML that says where the data of an analysis are and how it is run.

read(path)          the study in a file, checked; one message with all that is wrong in it
Study.runs(known)   the parameters of every chapter that can be run on it
Study.read_survey() the answers of the survey that it names
guess(files)        what files of data are, and which of their columns are which, with reasons
write(guess, path)  a study file with those guesses, every other key behind a #
reference()         the page docs/study.md
"""

from crmtheory.study.checking import schema
from crmtheory.study.guessing import FileGuess, Guess, guess
from crmtheory.study.reading import read
from crmtheory.study.reference import EXAMPLE, reference
from crmtheory.study.sections import Log, Runs, Study, Survey, Table
from crmtheory.study.writing import write

__all__ = [
    "EXAMPLE", "FileGuess", "Guess", "Log", "Runs", "Study", "Survey", "Table",
    "guess", "read", "reference", "schema", "write",
]  # fmt: skip
