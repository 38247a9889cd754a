"""README.md -> its code blocks, in order, and its prose. There is no other list of the README's commands."""
import re


class Block:
    """One fenced block: its language ("" for none) and its text."""

    def __init__(self, language, text):
        self.language, self.text = language, text

    @property
    def is_server(self):
        """A command that runs until it is stopped: the prose sends the reader to a second terminal."""
        return bool(re.search(r"^(?!docker )\S*.*\bimage-service$", self.text.rstrip().splitlines()[-1]))


def blocks(text):
    return [Block(language, body) for language, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)]


def prose(text):
    """Without what is code for somebody: blocks with a language, addresses, attributes of pictures that tell their size."""
    text = re.sub(r"^```\w+\n.*?^```$", "", text, flags=re.M | re.S)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r'\b(src|width)="[^"]*"', "", text)
