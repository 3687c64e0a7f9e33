import type { Command } from 'commander'

/** `nightbill worker`: a process that carries out work, beside an API that runs elsewhere. */
export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('run a worker alone; needs DATABASE_URL and a migrated database')
    .argument('[kinds]', 'the kinds of work, separated by commas, or all', 'all')
    .addHelpText(
      'after',
      '\nExamples:\n  $ DATABASE_URL=postgres://nightbill@db/nightbill nightbill worker\n  $ nightbill worker bill-batch',
    )
    .action(async (kinds: string) => {
      const [{ openProcess }, { parseProcesses, processName }, { startWork }] = await Promise.all([
        import('../open-process.ts'),
        import('../work/processes.ts'),
        import('../work/start-work.ts'),
      ])
      const processes = parseProcesses(kinds === 'all' ? undefined : kinds)
      const opened = await openProcess(processName(processes))
      opened.onStop(await startWork(opened, processes))
      opened.started()
    })
}
