// Draws the rate of bill runs over the number of accounts: node bench/plot.ts docs/bill-run-rate.svg bench/results/*.json
import { readFile, writeFile } from 'node:fs/promises'
import { drawPanels } from './plot/draw-panels.ts'
import { readPanels } from './plot/read-panels.ts'

const [svgFile, ...jsonFiles] = process.argv.slice(2)
if (svgFile === undefined || jsonFiles.length === 0) {
  console.error('usage: node bench/plot.ts <file.svg> <results.json...>')
  process.exit(2)
}
const results = await Promise.all(jsonFiles.map(async (file) => JSON.parse(await readFile(file, 'utf8'))))
const panels = readPanels(results)
if (panels.length === 0) {
  console.error('no bill run is in these files')
  process.exit(2)
}
await writeFile(svgFile, drawPanels(panels))
