// The icons of menu items and actions: a set of our own, as strokes on a 24 × 24 grid.
// Invariant: every item and every action has an icon of the set; what is not known is shown as "link" or as "tool".

import { FONT_AWESOME, MATERIAL } from './icon-classes.ts'

export const ICONS = {
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  list: 'M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01',
  table: 'M4 5h16v14H4zM4 10h16M4 15h16M10 5v14',
  chart: 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6',
  pie: 'M12 3a9 9 0 1 0 9 9h-9zM15 3a7 7 0 0 1 6 6h-6z',
  timeline: 'M4 12h16M7 12V7M12 12v5M17 12V7',
  document: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  folder: 'M3 6h6l2 3h10v10H3z',
  download: 'M12 4v11M7 10l5 5 5-5M4 19h16',
  upload: 'M12 15V4M7 9l5-5 5 5M4 19h16',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21a8 8 0 0 1 16 0',
  users:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM3 20a6 6 0 0 1 12 0M16 5a3.500 3.500 0 0 1 0 7M17 14a6 6 0 0 1 4 6',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l9-9M16 7l3 3',
  lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3',
  shield: 'M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 2v4M12 18v4M2 12h4M18 12h4M5 5l3 3M16 16l3 3M5 19l3-3M16 8l3-3',
  network: 'M12 4v5M12 9H6v5M12 9h6v5M9 4h6M4 14h4v5H4zM16 14h4v5h-4z',
  server: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01',
  storage: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
  stream: 'M4 7c5-5 11 5 16 0M4 13c5-5 11 5 16 0M4 19c5-5 11 5 16 0',
  mail: 'M3 6h18v13H3zM3 7l9 7 9-7',
  book: 'M5 4h13v16H7a2 2 0 0 1-2-2zM5 18a2 2 0 0 1 2-2h11',
  tool: 'M15 4a5 5 0 0 0-5 7l-6 6 3 3 6-6a5 5 0 0 0 7-5l-3 3-3-1-1-3z',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  edit: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  move: 'M4 12h16M14 6l6 6-6 6',
  archive: 'M4 4h16v5H4zM5 9v11h14V9M10 13h4',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 9h.01',
  hash: 'M9 4L7 20M17 4l-2 16M4 9h16M4 15h16',
} as const

export type IconName = keyof typeof ICONS

/** Of menu items. */
const LINK: IconName = 'link'
/** Of actions. */
export const TOOL: IconName = 'tool'

export interface ShownIcon {
  readonly name: IconName
  /** For the attribute "d" of an SVG path: strokes without fill, on a grid of 24 × 24. */
  readonly path: string
}

/** @param wanted a name of the set, classes of FontAwesome ("fas fa-list-ul") or a name of Material icons ("content_copy") */
export function iconOf(wanted: string | undefined, otherwise: IconName = LINK): ShownIcon {
  const name = wanted === undefined ? otherwise : (named(wanted) ?? otherwise)
  return { name, path: ICONS[name] }
}

function named(wanted: string): IconName | undefined {
  if (Object.hasOwn(ICONS, wanted)) return wanted as IconName
  if (Object.hasOwn(MATERIAL, wanted)) return MATERIAL[wanted]
  for (const part of wanted.split(' ')) {
    const key = part.startsWith('fa-') ? part.slice(3) : ''
    if (Object.hasOwn(FONT_AWESOME, key)) return FONT_AWESOME[key]
  }
  return undefined
}
