// The benchmark: `npm run bench -- --help`.
import { Command } from 'commander'
import { addBillRunCommand } from './bill-run/command.ts'
import { addIntakeCommand } from './intake/command.ts'
import { addListsCommand } from './lists/command.ts'
import { addPagesCommand } from './pages/command.ts'
import { addPlotCommand } from './plot/command.ts'
import { addStartCommand } from './start/command.ts'

const program = new Command('npm run bench --')
  .description(
    'Measures this service side by side with its peers, on servers of its own. docs/performance.md says what came of it.',
  )
  .addHelpText(
    'after',
    `
Each has options and examples of its own: npm run bench -- bill-run --help
Without the name of a command it is bill-run. redis-server must be on the PATH for intake, and for --queue redis.

Examples:
  npm run bench -- --accounts 20000
  npm run bench -- bill-run --accounts 20 --charges 50000 --floor 4x5
  npm run bench -- intake --queue redis --seconds 4
  npm run bench -- lists --accounts 100000
  npm run bench -- pages
  npm run bench -- start`,
  )
addBillRunCommand(program)
addIntakeCommand(program)
addListsCommand(program)
addPagesCommand(program)
addStartCommand(program)
addPlotCommand(program)
await program.parseAsync()
// Whatever a contestant that failed has left open ends here.
process.exit()
