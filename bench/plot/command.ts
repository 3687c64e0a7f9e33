import { readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { drawPlot } from './draw-plot.ts'
import { readPanels } from './read-panels.ts'

/** `npm run bench -- plot` */
export function addPlotCommand(program: Command): void {
  program
    .command('plot')
    .description('draw the rate of bill runs, by accounts and by charges an account, from what --json has written')
    .argument('<svg>', 'the file to draw')
    .argument('<json...>', 'what bill-run --json has written; others are passed over')
    .addHelpText(
      'after',
      `
Example:
  npm run bench -- plot docs/bill-run-rate.svg bench/results/*.json`,
    )
    .action(async (svg: string, json: readonly string[]) => {
      const results = await Promise.all(json.map(async (file) => JSON.parse(await readFile(file, 'utf8'))))
      const panels = readPanels(results)
      if (panels.length === 0) program.error('no bill run is in these files')
      await writeFile(svg, drawPlot(panels))
    })
}
