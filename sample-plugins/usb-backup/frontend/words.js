// Numbers, times and states as people read them.

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export function size(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  const digits = power === 0 || value >= 100 ? 0 : 1
  const style = {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: digits,
  }
  return value.toLocaleString([], style)
}

export function time(iso) {
  return new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

export function files(count) {
  return count === 1 ? '1 file' : `${count.toLocaleString()} files`
}

const NAMES = { 'back-up': 'Backup', restore: 'Restore', verify: 'Check' }
const STATES = {
  waiting: 'waits',
  running: 'runs',
  cancelling: 'is being cancelled',
  succeeded: 'done',
  warning: 'done, with a warning',
  failed: 'failed',
  cancelled: 'cancelled',
}

export const jobName = ({ name }) => NAMES[name] ?? name
export const jobState = ({ state }) => STATES[state] ?? state
export const isOpen = ({ state }) => ['waiting', 'running', 'cancelling'].includes(state)

export function encryption({ kind, recipient }) {
  if (kind === 'passphrase')
    return 'Backups are encrypted with your passphrase. Each drive has a copy of the locked key.'
  if (kind === 'recipient')
    return `Backups are encrypted to ${recipient}, as the settings say. Only its secret key opens them: this server cannot.`
  return 'Backups are not encrypted: who has the drive can read them.'
}
