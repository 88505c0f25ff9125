// The permissions a plugin may request, one row each. Types, schemas, comparisons, sharing and words are derived from them.
// Invariant: no other file lists permissions; test/sdk/permissions/one-table.test.ts looks for such lists.

import { flag } from './kinds/flag.ts'
import { headerNames } from './kinds/header-names.ts'
import { CALL_WORDS } from './kinds/host-calls.ts'
import { level } from './kinds/level.ts'
import { namePatterns } from './kinds/name-patterns.ts'
import { origins } from './kinds/origins.ts'
import { secretOrigins } from './kinds/secret-origins.ts'
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
  files: {
    kind: flag,
    description: 'Files of its own, such as pictures: env.files',
    words: {
      title: 'Keep files of its own',
      sentence: 'It stores files, such as pictures of its visitors, on this server, with a limited size.',
      danger:
        'Whoever it lets upload can fill its space, never more; it cannot reach other files of the server.',
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
    isActive: true,
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
  credentials: {
    kind: headerNames,
    description:
      'Headers with credentials or names of users that requests on a shared origin may hold, such as "authorization"',
    words: {
      title: 'See credentials of visitors',
      sentence:
        'On an address that it shares with others, it gets the headers in this list, which may hold passwords, keys or names.',
      danger: 'What a browser or a proxy sends there for another application reaches it too.',
      risk: 'high',
      icon: 'key',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  serviceWorker: {
    kind: flag,
    description: 'Service workers of its pages, on an origin of its own',
    words: {
      title: 'Stay in browsers',
      sentence:
        'On an address of its own, its pages leave a program in the browsers of visitors, which answers for them without a connection.',
      danger: 'What it answers may be out of date; what it does there is not seen by this server.',
      risk: 'medium',
      icon: 'server',
    },
    sharing: 'own-data',
    isActive: true,
  },
  hostPages: {
    kind: flag,
    description: 'Frontend bundles that run in pages of the application, as modules',
    words: {
      title: 'Run in pages of the application',
      sentence: 'Its bundles run inside the pages of the application, without a frame around them.',
      danger: 'There it can read and do whatever the user of the page can, in the name of that user.',
      risk: 'high',
      icon: 'warning',
    },
    sharing: 'own-data',
    isActive: true,
  },
  secrets: {
    kind: secretOrigins,
    description: 'Origins that each secret setting may be sent to: env.secrets',
    words: {
      title: 'Sign in to other servers with your secrets',
      sentence:
        'It sends each secret to the servers listed with it, and to no others; it never sees the value.',
      danger: 'A server that gets a secret can use it for everything that the secret allows.',
      risk: 'high',
      icon: 'key',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  usb: {
    kind: usbFilters,
    description: 'USB devices that env.usb shows and opens',
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
          sentence: 'It reads the files in a folder of its own on every drive; it cannot change them.',
        },
      },
      {
        name: 'readwrite',
        label: 'Change and delete files',
        words: {
          sentence: 'It keeps files in a folder of its own on every drive, up to its limit.',
          danger: 'It can fill a drive, up to its limit.',
          risk: 'medium',
        },
      },
      {
        name: 'eject',
        label: 'Eject drives',
        words: {
          sentence:
            'It keeps files in a folder of its own on every drive, up to its limit, and ejects drives where the server does that.',
          danger: 'It can fill a drive, up to its limit, and take a drive away from other plugins.',
          risk: 'medium',
        },
      },
    ]),
    description: 'A folder of its own on every volume: env.volumes',
    words: {
      title: 'Keep files on drives',
      sentence: 'It works with the files in a folder of its own on every drive.',
      danger: 'It sees which drives there are, their names and how much space they have.',
      risk: 'low',
      icon: 'drive',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  folders: {
    kind: level([
      {
        name: 'read',
        label: 'Read files',
        words: { sentence: 'Its actions read the files of the objects that users run them on.' },
      },
      {
        name: 'readwrite',
        label: 'Change and delete files',
        words: {
          sentence: 'Its actions read and change the files of the objects that users run them on.',
          danger: 'It can damage or delete files of the application.',
          risk: 'high',
        },
      },
    ]),
    description: 'Folders of the objects that its actions are run on: ctx.folders',
    words: {
      title: 'Work with files of the application',
      sentence: 'Its actions work with the files of the objects that users run them on.',
      danger: 'It sees files of the application.',
      risk: 'medium',
      icon: 'drive',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  images: {
    kind: level([
      {
        name: 'pull',
        label: 'Pull and push images',
        words: {
          sentence:
            'The images that it names are pulled and pushed, whenever an administrator gives the command.',
        },
      },
      {
        name: 'build',
        label: 'Build images',
        words: {
          sentence: 'Its images are built, pulled and pushed, whenever an administrator gives the command.',
          danger:
            'What its Dockerfiles say runs in the container engine of this machine, with the network; and an image may take the name of another one.',
          risk: 'high',
        },
      },
    ]),
    description: 'Container images of "contributes.images", for the command of an administrator',
    words: {
      title: 'Have container images made',
      sentence:
        'The images that it names are pulled and pushed, whenever an administrator gives the command.',
      danger: 'An image from a registry may replace one of the same name.',
      risk: 'medium',
      icon: 'server',
    },
    sharing: 'own-data',
    isActive: true,
  },
  events: {
    kind: namePatterns('eventPattern', 'Name of an event or of a group of events'),
    description: 'Events that the plugin may receive and send, such as "content.*": env.events',
    words: {
      title: 'Receive events',
      sentence: 'It is notified when something happens on this server, for events that match this list.',
      danger: 'An event may carry the names or content that it is about.',
      risk: 'medium',
      icon: 'bell',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  applyHooks: {
    kind: namePatterns('eventPattern', 'Name of a hook or of a group of hooks'),
    description: 'Hooks of the application that the plugin may apply, such as "content.*": env.hooks',
    words: {
      title: 'Use hooks of the application',
      sentence: 'It passes values of its own through the hooks in this list, and so through other plugins.',
      danger: 'Other plugins see these values, and use CPU time for them.',
      risk: 'medium',
      icon: 'server',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
  host: {
    kind: namePatterns('dottedName', 'Name of a function of the application', CALL_WORDS),
    description: 'Functions of the embedding application: env.host',
    words: {
      title: 'Use functions of the application',
      sentence: 'It calls the functions in this list, which the application around the plugins offers.',
      danger: 'What they reach is up to the application: read its documentation.',
      risk: 'high',
      icon: 'server',
    },
    sharing: 'reaches-out',
    isActive: true,
  },
} as const satisfies PermissionTable

/** A set of permissions: requested by a manifest or, possibly narrower, granted by an administrator. */
export type Permissions = PermissionsOf<typeof PERMISSIONS>

export type PermissionName = keyof Permissions
