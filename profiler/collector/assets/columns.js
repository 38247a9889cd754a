// Bytes -> columns of numbers, as typed arrays of the narrowest kind, and texts. The format is described in report_columns.h.

const COLUMN_IDS = 1, COLUMN_RISES = 2;

// ret: data.functions.line for the column "functions.line", beside the texts.
function readColumns(bytes) {
    const end = bytes.length - 4, size = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
    const data = JSON.parse(new TextDecoder().decode(bytes.subarray(end - size, end)));
    let at = 0;
    for (const [name, kind, count, planes] of data.columns) {
        const [table, column] = name.split(".");
        data[table] = data[table] || {};
        data[table][column] = readColumn(bytes.subarray(at, at += count * planes), kind, count, planes);
    }
    return data;
}

function readColumn(bytes, kind, count, planes) {
    const column = new (kind === COLUMN_IDS ? Int32Array : kind === COLUMN_RISES || planes === 3 ? Uint32Array : [null, Uint8Array, Uint16Array, null, Uint32Array][planes] || Float64Array)(count);
    column.set(bytes.subarray(0, count));
    for (let plane = 1, place = 256; plane < planes; plane++, place *= 256) {
        for (let i = 0, from = plane * count; i < count; i++) {
            column[i] += bytes[from + i] * place;
        }
    }
    for (let i = 0; kind === COLUMN_IDS && i < count; i++) {
        column[i]--;
    }
    for (let i = 1; kind === COLUMN_RISES && i < count; i++) {
        column[i] += column[i - 1];
    }
    return column;
}
