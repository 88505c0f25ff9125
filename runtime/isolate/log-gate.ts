// Lets so many log lines a second out of an isolate, cut to a length; what is dropped is counted in one line.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const MAX_LINE = 8192

export interface LogGate {
  write(level: LogLevel, text: string): void
}

export function createLogGate(
  linesPerSecond: number,
  emit: (level: LogLevel, text: string) => void,
): LogGate {
  let second = 0
  let lines = 0
  let dropped = 0
  return {
    write(level, text) {
      const now = Math.floor(performance.now() / 1000)
      if (now !== second) {
        if (dropped > 0)
          emit('warn', `${dropped} log lines were dropped: more than ${linesPerSecond} in a second`)
        second = now
        lines = 0
        dropped = 0
      }
      if (lines >= linesPerSecond) {
        dropped++
        return
      }
      lines++
      emit(level, text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text)
    },
  }
}
