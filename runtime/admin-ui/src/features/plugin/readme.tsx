// The README of a package. Invariant: it is text of a stranger: no HTML of it, no picture from elsewhere, and links open apart.

import { Anchor, Code, Table } from '@mantine/core'
import Markdown from 'markdown-to-jsx/react'
import type { ReactNode } from 'react'
import { t } from '../../languages/text.ts'

export interface ReadmeProps {
  readonly text: string
}

export function Readme({ text }: ReadmeProps) {
  return (
    <div className="readme" dir="auto">
      <Markdown options={OPTIONS}>{text}</Markdown>
    </div>
  )
}

const OPTIONS = {
  disableParsingRawHTML: true,
  forceBlock: true,
  forceWrapper: true,
  // Its headings stand below those of the page, and their ids are not those of the page.
  slugify: (title: string) => `readme-${title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}`,
  overrides: {
    h1: { component: 'h3' },
    h2: { component: 'h4' },
    h3: { component: 'h5' },
    h4: { component: 'h6' },
    h5: { component: 'h6' },
    a: { component: Link },
    img: { component: Picture },
    code: { component: Text },
    table: { component: Wide },
    input: { component: Tick },
  },
} as const

function Link({ href, children }: { readonly href?: string; readonly children?: ReactNode }) {
  // What leads nowhere outside of the package is text.
  if (href === undefined || !/^https?:\/\//i.test(href)) return <span>{children}</span>
  return (
    <Anchor href={href} target="_blank" rel="noopener noreferrer nofollow" inherit>
      {children}
    </Anchor>
  )
}

function Picture({ alt }: { readonly alt?: string }) {
  return <em>{alt ? t('[picture: {alt}]', { alt }) : t('[picture]')}</em>
}

function Text({ children }: { readonly children?: ReactNode }) {
  return <Code dir="ltr">{children}</Code>
}

function Wide({ children }: { readonly children?: ReactNode }) {
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table>{children}</Table>
    </Table.ScrollContainer>
  )
}

function Tick({ checked }: { readonly checked?: boolean }) {
  return <span aria-hidden="true">{checked ? '☑ ' : '☐ '}</span>
}
