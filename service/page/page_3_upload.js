// A form on its way: progress, cancel, the reply.

// ret: { blob, name, timing: [[stage, ms]], sent_ms, total_ms }; rejects with the service's JSON, or null when it was cancelled.
function upload(picture, fields, signal, onProgress) {
    return new Promise((resolve, reject) => {
        const form = new FormData(), request = new XMLHttpRequest();
        form.append("image", picture.file, picture.name);
        fields.forEach(([name, value]) => form.append(name, value));
        const start = performance.now();
        let sent = start;
        request.upload.addEventListener("progress", event => onProgress(event.lengthComputable ? event.loaded / event.total : null));
        request.upload.addEventListener("load", () => { sent = performance.now(); onProgress(1); });
        request.addEventListener("abort", () => reject(null));
        request.addEventListener("error", () => reject({ error: "The service did not answer. It may be restarting: try again in a moment." }));
        request.addEventListener("load", () => {
            const now = performance.now();
            if (request.status === 200) {
                resolve({
                    blob: request.response, sent_ms: sent - start, total_ms: now - start,
                    name: /filename=([\w.]+)/.exec(request.getResponseHeader("Content-Disposition") || "")?.[1] || "processed",
                    timing: readTiming(request.getResponseHeader("Server-Timing") || ""),
                });
            } else {
                readProblem(request).then(reject);
            }
        });
        signal.addEventListener("abort", () => request.abort());
        request.open("POST", by("form").action);
        request.responseType = "blob";
        request.send(form);
    });
}

async function readProblem(request) {
    try {
        const problem = JSON.parse(await request.response.text());
        if (typeof problem.error === "string") {
            return problem;
        }
    } catch {
        // What is no JSON came from something between here and the service.
    }
    return { error: `The answer was an error of HTTP: ${request.status} ${request.statusText}` };
}

// "queue;dur=0.1, decode;dur=4.5" -> [["queue", 0.1], ["decode", 4.5]]
function readTiming(header) {
    return [...header.matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, stage, ms]) => [stage, Number(ms)]);
}
