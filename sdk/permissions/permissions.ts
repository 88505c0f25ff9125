// The permissions a plugin may request, one row each. Types, schemas, comparisons, sharing and words are derived from them.
// Invariant: no other file lists permissions; test/sdk/permissions/one-table.test.ts looks for such lists.

import { flag } from './kinds/flag.ts'
import { level } from './kinds/level.ts'
import { namePatterns } from './kinds/name-patterns.ts'
import { origins } from './kinds/origins.ts'
import { usbFilters } from './kinds/usb-filters.ts'
import type { PermissionsOf, PermissionTable } from './row.ts'

export const PERMISSIONS = {
  kv: {
    kind: flag,
    description: 'Small values by key: env.kv',
    words: {
      title: 'Keep data of its own',
      sentence: 'It stores values on this server, in a space of its own with a limited size.',
      danger: 'It cannot read what other plugins or the server store.',
      risk: 'low',
      icon: 'storage',
    },
    sharing: 'own-data',
    isActive: true,
  },
  database: {
    kind: flag,
    description: 'An SQL database of its own: env.db',
    words: {
      title: 'Use a database of its own',
      sentence: 'It keeps tables in a database file of its own, with a limited size.',
      danger: 'It cannot reach the databases of other plugins or of the server.',
      risk: 'low',
      icon: 'storage',
    },
    sharing: 'own-data',
    isActive: true,
  },
  tasks: {
    kind: flag,
    description: 'Background work: env.tasks',
    words: {
      title: 'Work in the background',
      sentence: 'It starts work by itself, on a schedule or after an event, without a visitor.',
      danger: 'It uses CPU time even without visitors, within its limits.',
      risk: 'low',
      icon: 'clock',
    },
    sharing: 'reaches-out',
    isActive: false,
  },
  network: {
    kind: origins,
    description: 'Origins that fetch may reach',
    words: {
      title: 'Talk to other servers',
      sentence: 'It sends requests to the servers in this list, and to no others.',
      danger: 'Anything it knows, including the data of its visitors, can leave this server that way.',
      risk: 'high',
      icon: 'network',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  usb: {
    kind: usbFilters,
    description: 'USB devices that env.usb shows',
    words: {
      title: 'Use USB devices',
      sentence: 'It sees and controls the USB devices that match this list, when they are plugged in.',
      danger: 'It can send any command to such a device: erase it, or change its firmware.',
      risk: 'high',
      icon: 'usb',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  volumes: {
    kind: level([
      {
        name: 'read',
        label: 'Read files',
        words: {
          sentence: 'It reads the files on USB sticks and other removable drives; it cannot change them.',
        },
      },
      {
        name: 'readwrite',
        label: 'Change and delete files',
        words: {
          sentence: 'It reads, changes and deletes files on USB sticks and other removable drives.',
          danger: 'It can erase a drive that somebody plugs in.',
          risk: 'high',
        },
      },
    ]),
    description: 'Removable volumes: env.volumes',
    words: {
      title: 'Use removable drives',
      sentence: 'It works with the files on USB sticks and other removable drives.',
      danger: 'It can read everything on a drive that is plugged in.',
      risk: 'medium',
      icon: 'drive',
    },
    sharing: 'reaches-out',
    isActive: false,
  },
  events: {
    kind: namePatterns('eventPattern', 'Name of an event or of a group of events'),
    description: 'Events that the plugin may receive and send, such as "content.*"',
    words: {
      title: 'Receive events',
      sentence: 'It is notified when something happens on this server, for events that match this list.',
      danger: 'An event may carry the names or content that it is about.',
      risk: 'medium',
      icon: 'bell',
    },
    sharing: 'reaches-out',
    isActive: false,
  },
  host: {
    kind: namePatterns('dottedName', 'Name of a function of the application'),
    description: 'Functions of the embedding application: env.host',
    words: {
      title: 'Use functions of the application',
      sentence: 'It calls the functions in this list, which the application around the plugins offers.',
      danger: 'What they reach is up to the application: read its documentation.',
      risk: 'high',
      icon: 'server',
    },
    sharing: 'reaches-out',
    isActive: false,
  },
} as const satisfies PermissionTable

/** A set of permissions: requested by a manifest or, possibly narrower, granted by an administrator. */
export type Permissions = PermissionsOf<typeof PERMISSIONS>

export type PermissionName = keyof Permissions
