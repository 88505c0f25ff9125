// env.log: writes lines to the plugin's log, which the administrator reads. So does console.*.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** At most 100 lines a second are kept; one line reports how many were dropped. */
export type Log = Readonly<Record<LogLevel, (...values: unknown[]) => void>>
