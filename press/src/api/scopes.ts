/** What a token may be given, in words for whoever gives it. */
export const scopes = {
  'post:read': 'Read posts, and who you are',
  'post:write': 'Write posts in your name',
  'post:edit': 'See your drafts and change posts',
  'post:delete': 'Delete posts',
  'comment:write': 'Comment in your name',
  'comment:delete': 'Delete comments',
  'user:manage': 'See and manage people',
} as const
