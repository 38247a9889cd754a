// Raw deflate (RFC 1951) -> bytes, for browsers that cannot do it themselves: before Chromium 103, Firefox 113, Safari 16.4.

const LENGTHS = [[3, 0], [4, 0], [5, 0], [6, 0], [7, 0], [8, 0], [9, 0], [10, 0], [11, 1], [13, 1], [15, 1], [17, 1], [19, 2], [23, 2], [27, 2],
    [31, 2], [35, 3], [43, 3], [51, 3], [59, 3], [67, 4], [83, 4], [99, 4], [115, 4], [131, 5], [163, 5], [195, 5], [227, 5], [258, 0]];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

// Code lengths -> a table that the next bits index: symbol << 4 | length of its code.
function codeTable(lengths) {
    const bits = Math.max(1, ...lengths), table = new Uint16Array(1 << bits);
    let code = 0;
    for (let length = 1; length <= bits; length++, code <<= 1) {
        for (let symbol = 0; symbol < lengths.length; symbol++) {
            if (lengths[symbol] === length) {
                let turned = 0;
                for (let i = 0; i < length; i++) {
                    turned |= (code >> i & 1) << length - 1 - i;
                }
                for (let at = turned; at < table.length; at += 1 << length) {
                    table[at] = symbol << 4 | length;
                }
                code++;
            }
        }
    }
    return { bits, table };
}

class BitReader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
        this.held = 0;
        this.count = 0;
    }

    // Up to 16 bits without consuming them; behind the end there are a few zeros, for codes that are shorter than the table's index.
    peek(bits) {
        while (this.count < bits) {
            if (this.at > this.bytes.length + 2) {
                throw new Error("the data of this report are cut off");
            }
            this.held |= (this.at < this.bytes.length ? this.bytes[this.at] : 0) << this.count;
            this.at++;
            this.count += 8;
        }
        return this.held & (1 << bits) - 1;
    }

    skip(bits) {
        this.held >>>= bits;
        this.count -= bits;
    }

    take(bits) {
        const value = bits > 0 ? this.peek(bits) : 0;
        this.skip(bits);
        return value;
    }

    symbol({ bits, table }) {
        const entry = table[this.peek(bits)];
        if (entry === 0) {
            throw new Error("the data of this report are damaged");
        }
        this.skip(entry & 15);
        return entry >> 4;
    }

    // To the next whole byte: those peeked at and not consumed are given back.
    align() {
        this.at -= this.count >> 3;
        this.held = this.count = 0;
    }
}

function readCodes(reader) {
    const literals = reader.take(5) + 257, distances = reader.take(5) + 1, orders = reader.take(4) + 4;
    const lengths = new Array(19).fill(0);
    for (let i = 0; i < orders; i++) {
        lengths[CODE_LENGTH_ORDER[i]] = reader.take(3);
    }
    const table = codeTable(lengths), all = [];
    while (all.length < literals + distances) {
        const symbol = reader.symbol(table);
        if (symbol < 16) {
            all.push(symbol);
        } else {
            const value = symbol === 16 ? all[all.length - 1] : 0;
            const times = symbol === 16 ? 3 + reader.take(2) : symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7);
            all.push(...new Array(times).fill(value));
        }
    }
    return [codeTable(all.slice(0, literals)), codeTable(all.slice(literals))];
}

function fixedCodes() {
    const literals = Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    return [codeTable(literals), codeTable(new Array(30).fill(5))];
}

function inflate(bytes) {
    const reader = new BitReader(bytes);
    let out = new Uint8Array(6 * bytes.length + 1024), size = 0;
    const reserve = more => {
        if (size + more > out.length) {
            const grown = new Uint8Array(2 * (size + more));
            grown.set(out);
            out = grown;
        }
    };
    for (let last = 0; last === 0;) {
        last = reader.take(1);
        const kind = reader.take(2);
        if (kind === 0) {
            reader.align();
            const length = bytes[reader.at] | bytes[reader.at + 1] << 8;
            reserve(length);
            out.set(bytes.subarray(reader.at + 4, reader.at + 4 + length), size);
            size += length;
            reader.at += 4 + length;
            continue;
        }
        const [literals, distances] = kind === 1 ? fixedCodes() : readCodes(reader);
        for (let symbol; (symbol = reader.symbol(literals)) !== END_OF_BLOCK;) {
            reserve(258);
            if (symbol < END_OF_BLOCK) {
                out[size++] = symbol;
                continue;
            }
            const [base, extra] = LENGTHS[symbol - 257];
            const length = base + reader.take(extra), step = reader.symbol(distances);
            const distanceBits = step < 4 ? 0 : (step >> 1) - 1;
            const distance = (step < 4 ? step : 2 + (step & 1) << distanceBits) + 1 + reader.take(distanceBits);
            for (let end = size + length; size < end; size++) {
                out[size] = out[size - distance];
            }
        }
    }
    return out.subarray(0, size);
}
