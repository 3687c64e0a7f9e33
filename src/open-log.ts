import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

/** Opens the log, on stdout unless said: one JSON object a line. Keys and notes never reach it. */
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
