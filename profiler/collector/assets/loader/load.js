// The page carries its script and the styles of what only the script shows deflated: this unpacks both. They run as inline elements whose
// hashes the page's policy names, as it names this loader's.

// The bytes of a data element: base64 of raw deflate.
async function unpack(id) {
    const text = atob(document.getElementById(id).textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) {
        bytes[i] = text.charCodeAt(i);
    }
    let stream;
    try {
        stream = new DecompressionStream("deflate-raw"); // some browsers have the class, but not this format
    } catch (_) {
        return inflate(bytes);
    }
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

async function load() {
    const [style, script] = await Promise.all(["report-style", "report-script"].map(unpack));
    const insert = (name, bytes, parent) => {
        const element = document.createElement(name);
        element.textContent = new TextDecoder().decode(bytes);
        element.unpack = unpack; // the script finds it there: it has data to unpack, too
        parent.append(element);
    };
    insert("style", style, document.head);
    insert("script", script, document.body);
}
