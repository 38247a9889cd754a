"""Python whose work is done by C libraries: four threads compress and hash; both let other threads run meanwhile."""
import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor

TEXT = b"".join(b"line %d of a text that compresses well: %d\n" % (i, i * i) for i in range(30000))


def pack(level):
    packed = zlib.compress(TEXT, level)
    return level, hashlib.sha256(zlib.decompress(packed)).hexdigest()[:16]


with ThreadPoolExecutor(4) as pool:
    for level, digest in pool.map(pack, [6, 7, 8, 9] * 12):
        print(level, digest)
