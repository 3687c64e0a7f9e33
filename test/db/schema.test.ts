import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'

const CODEGEN = join(import.meta.dirname, '../../node_modules/.bin/kysely-codegen')

test('src/db/schema.ts is what the migrations make (npm run schema)', async () => {
  const database = await openTestDatabase()
  try {
    const verify = () => execFileSync(CODEGEN, ['--verify', '--url', database.ownerUrl], { stdio: 'pipe' })
    expect(verify).not.toThrow()
  } finally {
    await database.drop()
  }
})
