-- Replaces the snapshot that the caller knew, and trims the log with a margin (L4).
-- KEYS: room, log, keys, snapshot. ARGV: epoch, expected, upto, snapshot, margin.
local epoch, last, kept, trimmed =
  unpack(redis.call('HMGET', KEYS[1], 'epoch', 'last', 'upto', 'trimmed'))
if not epoch then
  return redis.error_reply('NOROOM never made')
elseif epoch ~= ARGV[1] then
  return redis.error_reply('FENCED ' .. epoch)
elseif kept ~= ARGV[2] then
  -- A save that is tried again is answered alike.
  return kept == ARGV[3] and redis.call('GET', KEYS[4]) == ARGV[4]
end

local upto = tonumber(ARGV[3])
if upto < tonumber(kept) or upto > tonumber(last) then
  return false
end
local newer = upto > tonumber(kept)
if newer then
  -- The one that is replaced stays, and the log since it, for when the new one is damaged (L6).
  redis.call('HSET', KEYS[1], 'former', redis.call('GET', KEYS[4]) or '', 'former_upto', kept)
end
redis.call('SET', KEYS[4], ARGV[4])
redis.call('HSET', KEYS[1], 'upto', ARGV[3])
if not newer then
  return true
end

local digits = function(number) return string.format('%.0f', number) end
local floor = math.min(upto - tonumber(ARGV[5]), tonumber(kept))
local from = tonumber(trimmed) + 1
if floor >= from then
  redis.call('HSET', KEYS[1], 'trimmed', digits(floor))
  while from <= floor do
    -- Few at a time: `unpack` is bounded by Lua's stack.
    local part = redis.call('XRANGE', KEYS[2], digits(from), digits(floor), 'COUNT', 500)
    local keys = {}
    for place, entry in ipairs(part) do
      keys[place] = entry[2][2]
    end
    if #keys > 0 then
      redis.call('HDEL', KEYS[3], unpack(keys))
    end
    from = from + 500
  end
  redis.call('XTRIM', KEYS[2], 'MINID', '=', digits(floor + 1))
end
return true
