# Cross-entropy and squared error of a probability, where the truth is 1 and where it is 0.
eval start(460, 320)
set xlabel "prediction f"
set ylabel "loss of one sample"
set xrange [0:1]
set yrange [0:4.7]
set grid lc rgb "#dddddd" lt 1
set key top center
plot file("losses.dat") using 1:2 with lines ls 1 title "cross-entropy, y = 1", \
     "" using 1:3 with lines ls 2 title "cross-entropy, y = 0", \
     "" using 1:4 with lines ls 1 dt 3 title "squared error, y = 1", \
     "" using 1:5 with lines ls 2 dt 3 title "squared error, y = 0"
