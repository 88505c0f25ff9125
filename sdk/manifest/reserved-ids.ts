// Well-formed ids that no plugin may have.
// Invariant: every id is a folder name, a DNS label and a path segment, so none may have another meaning there.

/** Paths of the runtime, names of the loopback interface, device names of Windows, members of Object.prototype. */
export const RESERVED_IDS = [
  ...[
    'admin',
    'api',
    'assets',
    'auth',
    'health',
    'healthz',
    'login',
    'logout',
    'metrics',
    'plugbay',
    'plugins',
  ],
  ...['public', 'readyz', 'runtime', 'schema', 'sdk', 'static', 'system'],
  ...['localhost', 'www', 'broadcasthost', 'wpad', 'isatap', 'autoconfig', 'autodiscover'],
  ...['con', 'nul', 'aux', 'prn', 'clock'],
  ...Array.from({ length: 10 }, (_, digit) => `com${digit}`),
  ...Array.from({ length: 10 }, (_, digit) => `lpt${digit}`),
  ...['constructor', 'prototype', 'null', 'undefined', 'true', 'false'],
] as const satisfies readonly string[]
