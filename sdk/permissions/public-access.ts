// Describes public access for the people who decide on it. It is not in the table of permissions, since it gives nothing to the
// plugin: it lets everyone reach it.

import type { AskedPermission } from './describe.ts'

export const PUBLIC_ACCESS: AskedPermission = {
  name: 'access',
  words: {
    title: 'Be open to everyone',
    sentence: 'Its pages and its API answer anyone who reaches this server, without signing in.',
    danger: 'Whatever it shows, strangers see; whatever it lets visitors change, strangers change.',
    risk: 'medium',
    icon: 'server',
  },
  details: [],
}
