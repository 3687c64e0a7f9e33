import { Refusal } from '../problems.ts'

const STRING_AND_COLON = /"(?:[^"\\]|\\.)*"(\s*:)?/g
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a request's body: a JSON object in valid UTF-8. JSON.parse lets the last of two equal keys win, so a body with duplicate keys
 * is refused: nobody knows which was meant. Throws a Refusal `malformed_body`.
 */
export function parseJsonBody(body: Buffer): object {
  const text = decode(body)
  if (text.trim() === '') throw new Refusal('malformed_body', 'the body is empty')
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('malformed_body', 'the body must be a JSON object')
  }
  let written = 0
  for (const match of text.matchAll(STRING_AND_COLON)) if (match[1] !== undefined) written += 1
  if (written !== countKeys(value))
    throw new Refusal('malformed_body', 'the body has an object with the same key twice')
  return value
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new Refusal('malformed_body', 'the body is not valid UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(
      'malformed_body',
      `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Keys of all objects in a value. Walks with a stack of its own: a body nested deeply must not exhaust the call stack. */
function countKeys(value: unknown): number {
  let keys = 0
  const stack = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next !== 'object' || next === null) continue
    const children = Object.values(next)
    if (!Array.isArray(next)) keys += children.length
    for (const child of children) stack.push(child)
  }
  return keys
}
