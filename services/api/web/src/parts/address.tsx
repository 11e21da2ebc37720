/** Lists hold any text; only what leads to a web address is a link, and it tells the other site nothing of this one. */
export function Address({ url }: { url: string }) {
  if (!/^https?:\/\//i.test(url)) return <span className="url">{url}</span>;
  return (
    <a className="url" href={url} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  );
}
