"""The README's traffic: its own shell blocks, sent to the rehearsal instead of a deployment."""
import re

ADDRESS = re.compile(r"https://[\w.-]+\.onrender\.com")


def script(readme, url):
    """The blocks marked `sh` that upload to an address of Render's, or to $URL, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S)
    text = "".join(block for block in blocks if "/process" in block and (ADDRESS.search(block) or re.search(r"\$\{?URL\b", block)))
    return ADDRESS.sub(url, text)


def uploads(log):
    """The access log's statuses of POST /process, in order."""
    return [int(status) for status in re.findall(r" POST /process\S* (\d{3}) ", log)]
