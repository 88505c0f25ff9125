// Links to pages of plugins in the navigation, below those of the server.

import { NavLink, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { pageLinksQuery } from '../../api/pages.ts'
import { pageHref } from '../../app/addresses.ts'
import { Strokes } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'

/** What the server calls a category without a name. */
const WITHOUT_NAME = 'Undefined Category'

export function PageLinks({ pathname }: { readonly pathname: string }) {
  const { data: groups = [] } = useQuery({ ...pageLinksQuery(), select: ({ items }) => items })
  return groups.map(({ category, items }) => (
    <div key={category}>
      <Text size="xs" c="dimmed" fw={600} px="sm" pt="md" pb={4}>
        <bdi>{category === WITHOUT_NAME ? t('From plugins') : category}</bdi>
      </Text>
      {items.map(({ plugin, title, icon, href }) => {
        const address = pageHref(plugin, href.slice(href.indexOf('/', href.indexOf('/plugins/') + 9)))
        const isHere = address.split(/[?#]/, 2)[1] === pathname || `#${pathname}` === address
        return (
          <NavLink
            key={address}
            href={address}
            label={<bdi>{title}</bdi>}
            leftSection={<Strokes path={icon.path} />}
            active={isHere}
            {...(isHere && { 'aria-current': 'page' as const })}
          />
        )
      })}
    </div>
  ))
}
