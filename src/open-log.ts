import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

/** Opens the log, to stdout by default: one JSON object on each line. API keys and notes are redacted. */
export function openLog(name: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level,
    redact: {
      paths: [
        'req.headers.authorization',
        '*.note',
        '*.*.note',
        '*.key',
        '*.apiKey',
        'err.parameters',
        'err.where',
        'err.detail',
        'err.command.args',
      ],
      censor: '[redacted]',
    },
  }
  return destination ? pino(options, destination) : pino(options)
}
