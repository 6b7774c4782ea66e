// Lines of what a process writes, as they come.

/** Text of chunks, cut into lines. A line that is longer than `longest` comes in pieces. */
export async function* toLines(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end).replace(/\r$/, "");
      text = text.slice(end + 1);
    }
    for (; text.length > longest; text = text.slice(longest)) yield text.slice(0, longest);
  }
  text += decoder.decode();
  if (text !== "") yield text;
}
