# Gradient noise against the batch size, loss against time.
eval start(840, 340)
set multiplot layout 1,2
set grid lc rgb "#dddddd" lt 1
set title "Gradient noise"
set logscale xy
set xlabel "batch size B (samples)"
set ylabel "noise / length of the gradient"
set key bottom left
first = real(system(sprintf("sed -n '1s/.* //p' %s", file("noise.dat"))))
set xrange [1:300]
set yrange [0.3:10]
plot first / sqrt(x) with lines ls 8 title "∝ 1/√B", \
     file("noise.dat") with points pt 7 ps 0.6 lc rgb blue title "measured"
set title "Loss against time"
unset logscale x
set format y "%g"
set xlabel "time (ms)"
set ylabel "training loss"
set xrange [0:*]
set yrange [0.05:3]
set key top right
plot file("losses.dat") index 0 using (1000 * $1):2 with linespoints ls 2 pt 7 ps 0.3 title "one point", \
     "" index 1 using (1000 * $1):2 with linespoints ls 3 pt 7 ps 0.3 title "mini-batch of 32", \
     "" index 2 using (1000 * $1):2 with lines ls 1 title "full batch"
unset multiplot
