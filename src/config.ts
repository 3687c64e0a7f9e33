import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import Value from 'typebox/value'

const Milliseconds = (byDefault: number, minimum: number, description: string) =>
  Type.Integer({ default: byDefault, minimum, maximum: 86_400_000, description })
const Count = (byDefault: number, maximum: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 1, maximum, description })
const Url = (protocols: string, description: string) =>
  Type.Optional(Type.String({ pattern: `^(${protocols})://.+`, description }))

/** Every environment variable that is read, with its default. A test checks `.env.example` against this. */
export const ConfigSchema = Type.Object({
  PORT: Type.Integer({
    default: 3000,
    minimum: 0,
    maximum: 65_535,
    description: 'The port of the API; 0 picks a free port',
  }),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'The address that the API listens on' }),
  DATA_DIR: Type.String({
    default: '.nightbill',
    minLength: 1,
    description: 'The folder in which the embedded Postgres keeps its data',
  }),
  DATABASE_URL: Url(
    'postgres|postgresql',
    'A Postgres 17 or 18 of your own, with the login of the service; without it an embedded Postgres is started',
  ),
  OWNER_DATABASE_URL: Url(
    'postgres|postgresql',
    'The same Postgres with the login of its owner, for `nightbill migrate`, and for `nightbill serve` to migrate by itself',
  ),
  REDIS_URL: Url('redis|rediss', 'A Redis 7 or Valkey 8 for the queue; without it the queue is in Postgres'),
  REDIS_CLUSTER: Type.Boolean({ default: false, description: 'True when REDIS_URL names a node of a Redis Cluster' }),
  REDIS_SENTINELS: Type.Optional(
    Type.String({
      pattern: '^[^\\s,/@]+:[0-9]{1,5}(,[^\\s,/@]+:[0-9]{1,5})*$',
      description:
        "Sentinels that know where the master is, as host:port,host:port; REDIS_URL then has the master's name in place of a host",
    }),
  ),
  REDIS_SENTINEL_USER: Type.Optional(
    Type.String({ minLength: 1, description: 'The user name that Sentinels ask for' }),
  ),
  REDIS_SENTINEL_PASSWORD: Type.Optional(
    Type.String({ minLength: 1, description: 'The password that Sentinels ask for' }),
  ),
  BOOTSTRAP_API_KEY: Type.Optional(
    Type.String({ minLength: 16, pattern: '^[\\x21-\\x7e]+$', description: 'An API key with every scope' }),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent',
  }),
  LOG_FORMAT: Type.Enum(['auto', 'json'], {
    default: 'auto',
    description: 'json, or auto: what `nightbill serve` says on a terminal is sentences',
  }),
  QUEUE_PREFIX: Type.String({
    default: 'nightbill',
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    description: "This installation's name on a shared Redis",
  }),
  BILL_BATCH_SIZE: Count(2_000, 5_000, 'Maximum number of accounts that one transaction bills'),
  BILL_BATCH_CONCURRENCY: Count(3, 64, 'Batches that one worker process bills at once'),
  CREDIT_CONCURRENCY: Count(4, 64, 'Transactions that record credits, or reversals, in one worker process at once'),
  RELAY_INTERVAL_MS: Milliseconds(5_000, 100, 'How often the relay looks for durable work that has no live job'),
  RELAY_AFTER_MS: Milliseconds(20_000, 100, 'How old work must be before the relay enqueues it again'),
  JOB_LOCK_MS: Milliseconds(30_000, 1_000, "How long a worker's lock on a job lasts without renewal"),
  STALL_CHECK_MS: Milliseconds(10_000, 500, 'How often workers look for jobs whose worker was lost'),
  STATEMENT_TIMEOUT_MS: Milliseconds(30_000, 100, 'How long one database statement may run'),
  LOCK_TIMEOUT_MS: Milliseconds(10_000, 100, 'How long a statement may wait for a lock'),
  DATABASE_POOL: Count(10, 200, 'Maximum number of database connections of one process'),
  READ_POOL: Count(5, 200, 'Maximum number of further connections of an API process, for reads'),
  READ_TIMEOUT_MS: Milliseconds(10_000, 100, 'How long one statement of a read may run'),
  READ_WAIT_MS: Milliseconds(3_000, 100, 'How long a read may wait for a connection'),
  RATE_LIMIT_PER_MINUTE: Count(600_000, 100_000_000, 'Requests a minute that one API key may make'),
  RATE_LIMIT_UNKNOWN_PER_MINUTE: Count(
    600,
    100_000_000,
    'Unknown API keys a minute from one address, and requests a minute from one address that need no key',
  ),
  SIGN_INS_PER_MINUTE: Count(10, 100_000, 'Tries to sign in a minute from one address'),
  EVENT_STREAMS_PER_KEY: Count(200, 100_000, 'Event streams that one API key may hold open on one API process'),
  PUBLIC_URL: Type.Optional(
    Url('http|https', 'Where people reach the console. With https, its cookie is sent over TLS only'),
  ),
  BUSINESS_NAME: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Who sends the invoices that are printed' }),
  ),
  BUSINESS_ADDRESS: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'The lines under that name, such as address and tax number, separated by semicolons',
    }),
  ),
  TRUST_PROXY: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description:
        'Addresses of the proxies in front of the API whose X-Forwarded headers are trusted, separated by commas',
    }),
  ),
  BODY_LIMIT_BYTES: Type.Integer({
    default: 2_097_152,
    minimum: 1_024,
    maximum: 67_108_864,
    description: 'The largest request body',
  }),
  IDEMPOTENCY_HOURS: Type.Integer({
    default: 48,
    minimum: 24,
    maximum: 8_760,
    description: 'How long an Idempotency-Key is kept',
  }),
  JOB_DAYS: Type.Integer({
    default: 35,
    minimum: 30,
    maximum: 3_650,
    description: 'How long finished jobs are kept',
  }),
  RECONCILE_AT: Type.String({
    default: '04:30',
    pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
    description: 'When the whole database is reconciled each day, HH:MM in UTC',
  }),
  SHUTDOWN_MS: Milliseconds(25_000, 100, 'How long a process that is told to stop may take to finish its work'),
  NIGHTBILL_URL: Url('http|https', 'The API that the commands talk to (default: http://HOST:PORT)'),
  NIGHTBILL_API_KEY: Type.Optional(Type.String({ minLength: 1, description: 'The API key that the commands use' })),
  NIGHTBILL_PROFILE: Type.Optional(
    Type.String({ minLength: 1, description: 'The profile of nightbill login that the commands use' }),
  ),
})

export type Config = Readonly<Static<typeof ConfigSchema>>

/** An error that a person must fix before the program can start. Printed as one line; the program ends with exit code 2. */
export class StartError extends Error {}

/** Reads and checks the environment. Throws a StartError that names each variable that is wrong, and how. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(ConfigSchema.properties).flatMap((name) =>
      env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]],
    ),
  )
  // Checked first, because the conversion changes `given`.
  const wrongForm = Object.entries(given).flatMap(([name, value]) => (hasForm(name, value as string) ? [] : [name]))
  const config = Value.Convert(ConfigSchema, Value.Default(ConfigSchema, given))
  const wrongNames = [...Value.Errors(ConfigSchema, config)].map((error) => error.instancePath.slice(1))
  const wrong = [...new Set([...wrongForm, ...wrongNames])]
  if (wrong.length > 0) {
    const reasons = wrong.map((name) => {
      const { description } = ConfigSchema.properties[name as keyof Config] as unknown as { description: string }
      return `${name} is not valid (${description.charAt(0).toLowerCase()}${description.slice(1)})`
    })
    throw new StartError(`${reasons.join('; ')}. See .env.example`)
  }
  const conflict = findConflict(config as Config)
  if (conflict !== undefined) throw new StartError(`${conflict}. See .env.example`)
  return Object.freeze(config as Config)
}

/** The names of the settings that the environment gives, without their values. */
export function givenSettings(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  return Object.keys(ConfigSchema.properties).filter((name) => env[name] !== undefined && env[name] !== '')
}

/** Finds settings that contradict each other. A guess could put the queue into the wrong place. */
function findConflict({ REDIS_URL, REDIS_CLUSTER, REDIS_SENTINELS }: Config): string | undefined {
  const [name] = [REDIS_CLUSTER && 'REDIS_CLUSTER', REDIS_SENTINELS && 'REDIS_SENTINELS'].filter(Boolean)
  if (name && REDIS_URL === undefined) return `${name} is set and REDIS_URL is not`
  if (REDIS_CLUSTER && REDIS_SENTINELS)
    return 'REDIS_CLUSTER and REDIS_SENTINELS are both set: a Redis Cluster has no Sentinels'
  return undefined
}

/** Checks the text of a variable for what the schema cannot check: digits of an integer, URLs, proxies. */
function hasForm(name: string, text: string): boolean {
  const { type } = ConfigSchema.properties[name as keyof Config] as { type?: string }
  if (type === 'integer') return /^-?[0-9]+$/.test(text)
  if (name === 'TRUST_PROXY') return text.split(',').every((one) => isProxy(one.trim()))
  return !name.endsWith('_URL') || URL.canParse(text)
}

/** Whether the text is an address, a network such as 10.0.0.0/8, or a name of a network that Fastify knows. */
function isProxy(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  const longest = family === 4 ? 32 : 128
  return (
    family !== 0 && more.length === 0 && (bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= longest))
  )
}

/** The environment of this process with these variables set, for a child process. */
export function environmentWith(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables }
}

/** Makes whatever asks Node whether colours are wanted hear no, as with NO_COLOR in the environment. */
export function disableColours(): void {
  process.env.NO_COLOR = '1'
}

/** The folder where programs of this user keep their settings (XDG Base Directory Specification). */
export function userConfigFolder(): string {
  return process.env.XDG_CONFIG_HOME || join(homedir(), '.config')
}
