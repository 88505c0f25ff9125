// env.log: lines in the plugin's log, which the administrator reads. console.* writes there too.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** At most 100 lines a second are kept; what is dropped is counted in one line. */
export type Log = Readonly<Record<LogLevel, (...values: unknown[]) => void>>
