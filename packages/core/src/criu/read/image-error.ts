/** What is read of a checkpoint is not what CRIU and tar(1) write: the message says how. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
