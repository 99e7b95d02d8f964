// Who belongs to whom, and what the blog says.
import { ghl, world, locationId, storing, has, refused } from './world.mjs'

const { vars } = world

export async function relations() {
  const association = await storing('association.created', () => ghl.associations.createAssociation({ locationId, key: 'parent_child', firstObjectLabel: 'parent', firstObjectKey: 'contact', secondObjectLabel: 'child', secondObjectKey: 'contact' }))
  const associationId = association.id
  has(association, { key: 'parent_child', associationType: 'USER_DEFINED', firstObjectLabel: 'parent' })
  has(await storing('association.updated', () => ghl.associations.updateAssociation({ associationId }, { firstObjectLabel: 'mother', secondObjectLabel: 'child' })), { id: associationId, firstObjectLabel: 'mother' })
  has(await ghl.associations.getAssociationByID({ associationId }), { id: associationId, secondObjectKey: 'contact' })
  has(await ghl.associations.getAssociationKeyByKeyName({ keyName: 'parent_child', locationId }), { id: associationId })
  has(await ghl.associations.findAssociations({ locationId, skip: 0, limit: 10 }), { associations: [{ id: associationId }], total: 1 })
  has(await ghl.associations.getAssociationByObjectKeys({ objectKey: 'contact', locationId }), { associations: [{ id: associationId }] })

  const [mother, child] = await Promise.all(['Mo', 'Chi'].map(async (firstName) => (await ghl.contacts.createContact({ locationId, firstName, email: `${firstName}.sdk@x.example` })).contact.id))
  const relation = await storing('relation.created', () => ghl.associations.createRelation({ locationId, associationId, firstRecordId: mother, secondRecordId: child }))
  has(await ghl.associations.getRelationsByRecordId({ recordId: child, locationId, skip: 0, limit: 10, associationIds: [associationId] }), { relations: [{ id: relation.id, firstRecordId: mother, secondRecordId: child }], total: 1 })
  await storing('relation.deleted', () => ghl.associations.deleteRelation({ relationId: relation.id, locationId }))
  has(await ghl.associations.getRelationsByRecordId({ recordId: child, locationId, skip: 0, limit: 10 }), { relations: [] })
  has(await storing('association.deleted', () => ghl.associations.deleteAssociation({ associationId })), { deleted: true, id: associationId })
  await refused(400, 'Association not found', () => ghl.associations.getAssociationByID({ associationId }))
}

export async function blog() {
  const [blogId, author, category] = [vars['blog.site'], vars['blog.author'], vars['blog.category']]
  const page = { locationId, limit: 10, offset: 0 }
  has(await ghl.blogs.getBlogs({ locationId, skip: 0, limit: 10, searchTerm: 'house' }), { data: [{ _id: blogId, name: 'House News' }] })
  has(await ghl.blogs.getAllBlogAuthorsByLocation(page), { authors: [{ _id: author, name: 'Ana Lang', locationId }] })
  has(await ghl.blogs.getAllCategoriesByLocation(page), { categories: [{ _id: category, label: 'Good Homes', urlSlug: 'good-homes' }] })
  has(await ghl.blogs.checkUrlSlugExists({ urlSlug: 'on-houses', locationId }), { exists: false })
  const { data } = await storing('blog_post.created', () => ghl.blogs.createBlogPost({
    locationId, blogId, author, categories: [category], tags: ['home'], title: 'On houses', description: 'd', imageUrl: 'https://x.example/i.png', imageAltText: 'a house',
    rawHTML: '<p>lorem</p>', status: 'PUBLISHED', urlSlug: 'on-houses', publishedAt: '2026-01-02T03:04:05Z',
  }))
  const postId = data._id
  has(await ghl.blogs.checkUrlSlugExists({ urlSlug: 'on-houses', locationId }), { exists: true })
  has(await ghl.blogs.checkUrlSlugExists({ urlSlug: 'on-houses', locationId, postId }), { exists: false })
  has(await storing('blog_post.updated', () => ghl.blogs.updateBlogPost({ postId }, { locationId, blogId, title: 'On homes', status: 'ARCHIVED' })), { updatedBlogPost: { _id: postId, title: 'On homes', status: 'ARCHIVED', categories: [category] } })
  has(await ghl.blogs.getBlogPost({ ...page, blogId, status: 'ARCHIVED', searchTerm: 'homes' }), { blogs: [{ _id: postId, urlSlug: 'on-houses' }] })
}
