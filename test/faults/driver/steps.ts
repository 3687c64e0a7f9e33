export type Steps = ReturnType<typeof openSteps>

/** What was done in a seed, in order and numbered, with times since its start: by this a failure is understood. */
export function openSteps() {
  const started = performance.now()
  const lines: { text: string }[] = []
  const now = () => `+${((performance.now() - started) / 1_000).toFixed(3)} s`
  const note = (who: string, what: string) => {
    const line = { text: `#${lines.length + 1} ${now()} ${who}: ${what}` }
    lines.push(line)
    return line
  }
  return {
    note: (who: string, what: string) => void note(who, what),
    /** A step whose answer comes later: call what this gives with it. */
    begin: (who: string, what: string) => {
      const line = note(who, what)
      return (answer: string) => {
        line.text += ` -> ${now()} ${answer}`
      }
    },
    lines: (): readonly string[] => lines.map(({ text }) => text),
  } as const
}
