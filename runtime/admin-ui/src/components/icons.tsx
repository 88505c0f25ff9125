// The few icons of the page. Decorative: the words beside them carry the meaning.

import { ICON_PATHS, type IconName } from './icon-paths.ts'

export interface IconProps {
  readonly name: IconName
  /** Pixels; 18 by default. */
  readonly size?: number
}

export function Icon({ name, size = 18 }: IconProps) {
  return <Strokes path={ICON_PATHS[name]} size={size} />
}

/** An icon that the server gives, as `d` of a path. */
export function Strokes({ path, size = 18 }: { readonly path: string; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={path} />
    </svg>
  )
}
