// Takes from this child's process object what code that broke out of an isolate could use: the permission model
// does not cover signals and native libraries. Call it when everything native has been loaded.

const DANGEROUS = [
  'kill',
  'dlopen',
  'binding',
  '_linkedBinding',
  '_debugProcess',
  '_debugEnd',
  'setuid',
  'setgid',
  'chdir',
  'umask',
  'execve',
] as const

export function confineProcess(): void {
  for (const name of DANGEROUS) {
    if (!(name in process)) continue
    Object.defineProperty(process, name, { value: undefined, writable: false, configurable: false })
  }
}
