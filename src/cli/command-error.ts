/** The exit codes of commands. */
export const EXIT = {
  done: 0,
  /** Done, and something in it is not right, such as a bill run with failures. */
  findings: 1,
  /** It could not be done: refused, unreachable, or wrong usage. */
  couldNot: 2,
  /** The wait is over and the work goes on. */
  stillGoing: 3,
  interrupted: 130,
} as const

/** Ends a command with one line on stderr. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.couldNot) {
    super(message)
    this.exitCode = exitCode
  }
}
