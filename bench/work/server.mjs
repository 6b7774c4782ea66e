// A server of small answers, and of as many bytes as its path says.
import { createServer } from "node:http";

const chunk = Buffer.alloc(1 << 20, 7);

const server = createServer(({ url = "/" }, response) => {
  let left = url.startsWith("/small") ? 2 : Number(url.slice(1));
  response.setHeader("content-length", left);
  const push = () => {
    while (left > 0) {
      const bytes = chunk.subarray(0, Math.min(left, chunk.length));
      left -= bytes.length;
      if (!response.write(bytes)) return response.once("drain", push);
    }
    response.end();
  };
  push();
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
