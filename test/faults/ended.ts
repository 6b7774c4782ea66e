/** The process did not end as it was told to. */
export class EndedOtherwise extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the process ended with ${status}`);
    this.status = status;
  }
}
