// A model server that says what it is told, piece by piece when the test lets it. It speaks OpenAI's chat completions.

import { createServer } from "node:http";

/** Lets pieces through one by one. */
export class Gate {
  #open = 0;
  #waiting = [];

  release(count = Number.POSITIVE_INFINITY) {
    this.#open += count;
    while (this.#open > 0 && this.#waiting.length) {
      this.#open--;
      this.#waiting.shift()();
    }
  }

  pass() {
    if (this.#open > 0) {
      this.#open--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export class ModelServer {
  /** What it was asked. */
  requests = [];
  /** Answers that the asker closed before their end. */
  abandoned = 0;
  #scripts = [];
  #fallback = { pieces: ["Hello from the scripted model."] };
  #server;

  static async start() {
    const model = new ModelServer();
    model.#server = createServer((request, response) => model.#serve(request, response));
    await new Promise((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    model.url = `http://127.0.0.1:${model.#server.address().port}/v1`;
    return model;
  }

  /** The next answer: these pieces, each when `gate` lets it through, and why it ends. */
  next(pieces, gate, finish = "stop") {
    this.#scripts.push({ pieces, gate, finish });
  }

  /** Forgets the answers that were not asked for. */
  forget() {
    this.#scripts = [];
  }

  always(pieces) {
    this.#fallback = { pieces };
  }

  async #serve(request, response) {
    if (request.url.endsWith("/models")) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: [{ id: "m" }, { id: "other" }] }));
      return;
    }
    // The daemon also asks how large the context window is; this server does not say.
    if (request.method !== "POST" || !request.url.endsWith("/chat/completions")) {
      request.resume();
      response.writeHead(404).end();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    this.requests.push(JSON.parse(body));
    const { pieces, gate, finish = "stop" } = this.#scripts.shift() ?? this.#fallback;
    response.writeHead(200, { "content-type": "text/event-stream" });
    let closed = false;
    response.on("close", () => {
      if (!response.writableFinished) this.abandoned++;
      closed = true;
    });
    const send = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    for (const piece of pieces) {
      await gate?.pass();
      if (closed) return;
      send({ choices: [{ index: 0, delta: { content: piece } }] });
    }
    await gate?.pass();
    if (closed) return;
    send({
      choices: [{ index: 0, delta: {}, finish_reason: finish }],
      usage: { prompt_tokens: 12, completion_tokens: pieces.length },
    });
    response.end("data: [DONE]\n\n");
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
