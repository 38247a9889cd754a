"""The README's traffic: its own shell blocks, sent to the rehearsal instead of a deployment."""
import re

# What is sent while the README has no block of its own: one upload, then ten at once.
LOOP = """curl -fsS -F image=@sample_images/night.jpg -F operation=noise_reduction -o one.jpg https://image-service.onrender.com/process
for i in $(seq 10); do
  curl -fsS -F image=@sample_images/scene.jpg -F operation=noise_reduction -o "ten-$i.jpg" https://image-service.onrender.com/process &
done
wait
"""
ADDRESS = re.compile(r"https://[\w.-]+\.onrender\.com")


def script(readme, url):
    """The blocks marked `sh` that name an address of Render's or use $URL, in their order; LOOP when nothing of it uploads."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S)
    text = "".join(block for block in blocks if ADDRESS.search(block) or re.search(r"\$\{?URL\b", block))
    return ADDRESS.sub(url, text if "/process" in text else LOOP)


def uploads(log):
    """The access log's statuses of POST /process, in order."""
    return [int(status) for status in re.findall(r" POST /process\S* (\d{3}) ", log)]
