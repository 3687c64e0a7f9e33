import { Refusal } from '../problems.ts'

const STRING_AND_COLON = /"(?:[^"\\]|\\.)*"(\s*:)?/g
/** No call needs more than three; what is nested thousands deep would exhaust the call stack of whatever writes it again. */
const MAX_NESTED = 32
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
  const { keys, depth } = measure(value)
  if (depth > MAX_NESTED) throw new Refusal('malformed_body', `the body is nested more than ${MAX_NESTED} deep`)
  let written = 0
  for (const match of text.matchAll(STRING_AND_COLON)) if (match[1] !== undefined) written += 1
  if (written !== keys) throw new Refusal('malformed_body', 'the body has an object with the same key twice')
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

/**
 * The keys of all objects in a value, and how deep it is nested. Walks level by level, without recursion: a body nested deeply must not
 * exhaust the call stack.
 */
function measure(value: unknown): { readonly keys: number; readonly depth: number } {
  let keys = 0
  let depth = 0
  for (let level = [value].filter(isNested); level.length > 0; depth += 1) {
    const children: unknown[] = []
    for (const one of level) {
      const values: unknown[] = Object.values(one)
      if (!Array.isArray(one)) keys += values.length
      for (const child of values) children.push(child)
    }
    level = children.filter(isNested)
  }
  return { keys, depth }
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null
